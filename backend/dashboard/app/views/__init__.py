"""One file for each page; Streamlit runs them from top to bottom."""
