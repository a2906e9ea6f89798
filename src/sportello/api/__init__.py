"""What programs ask of an installation: REST over JSON, with its OpenAPI description."""
