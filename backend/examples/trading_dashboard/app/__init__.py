"""The pages of the trading dashboard: Streamlit, Plotly and pandas. `main.py` is what `streamlit run` starts."""
