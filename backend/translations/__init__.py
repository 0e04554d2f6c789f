"""The gettext catalogues of the pages: texts are extracted with Babel, translated by people, and compiled."""
