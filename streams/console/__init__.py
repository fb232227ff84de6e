"""The console, `relistwatch dashboard`: what analysts decide on and operators watch, as one web application.

serve ── feeder (topics ──▶ database), lag, live state
  └── app ── guard (who may) ── pages: throughput, dead letters, alerts, takedown lists, people
database  SQLite, or PostgreSQL for more than one console

Everything in the database but people, sessions and the audit log comes from the topics and is made again from
there. Pages are drawn on the server (Jinja2); a page without its script still shows and decides everything.
"""
