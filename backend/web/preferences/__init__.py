"""How somebody wants the pages: in which language, light or dark. Cookies remember it; there is no account in it."""
