"""The analysts' queue and the deciding.

alerts_page, alert_actions, bulk_page, alert_export   what is asked for and answered
 ├── queue.filters ── queue.search     which alerts, in which order, a page at a time
 ├── queue.claims                      who looks at which
 └── queue.deciding                    reserve ──▶ Kafka has it ──▶ settle; the way back too
      ├── queue.reservation            nobody else decides meanwhile
      ├── queue.settlement             what Kafka has, the database has
      └── verdict_sender               one connection to Kafka for all
"""
