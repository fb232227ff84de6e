"""The report of `relistwatch takedowns report` out of the console's database: the same functions over its rows."""

from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from streams.console.database import Database, DatabaseError
from streams.console.side_jobs import Answer, Failed, Reported, ReportJob
from streams.console.takedown_records_kept import Which, kept_records
from streams.takedowns.cases import cases_of
from streams.takedowns.courses import courses_of
from streams.takedowns.report import report_of


def reported(job: ReportJob) -> Answer:
    """The report of what the database holds now."""
    try:
        with closing(Database(job.database)) as database, database.read() as connection:
            made_at = datetime.now(UTC)
            records = kept_records(connection, Which())
    except (DatabaseError, SQLAlchemyError) as error:
        return Failed(why=type(error).__name__)
    report = report_of(
        cases_of(records.requests, records.statuses, records.takedowns, records.changes),
        courses_of(records.takedowns, records.changes, records.alerts, records.verdicts),
        by=job.by,
        since=job.since,
        until=job.until,
    )
    return Reported(report=report, made_at=made_at)
