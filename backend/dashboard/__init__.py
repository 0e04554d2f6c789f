"""The operator's dashboard: reads what the service recorded, in an environment of its own (`make dashboard`).

Everything outside `app/` needs no Streamlit.
"""
