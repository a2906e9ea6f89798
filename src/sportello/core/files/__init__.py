"""Files with hash, type by content and limits, closed at rest."""
