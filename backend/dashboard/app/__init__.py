"""The dashboard's pages: Streamlit, Plotly and pandas. `main.py` is what `streamlit run` starts."""
