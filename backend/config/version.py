"""The release of this source."""

VERSION = "1.0.0"
