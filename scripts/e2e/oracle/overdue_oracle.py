"""An independent judge of the overdue rule, for tests of the real one.

It shares no code with the SQL that it judges: the Python 3 standard library
only, and the tz database of the operating system, the same that a packaged
Postgres reads.

Reads one JSON object per line on stdin:

    {"id": "1", "timezone": "Asia/Kathmandu", "cutoff": "16:00:00",
     "due": "2024-03-15", "at": "2024-03-15T10:15:00.000000Z"}

and answers one per line on stdout, in the same order:

    {"id": "1", "overdue": true, "overdue_at": "2024-03-15T10:15:00+00:00"}

"plan_status" and "installment_status" may be given as well; left out, the plan
is active and the installment pending. So may "grace_days", "closed_weekdays" (1
is Monday) and "closed_days". "overdue_at" is the first instant at which the rule
holds, whatever the statuses are. With "next_cutoff": true, the answer has
"next_cutoff_at" as well, the first instant after "at" at which something can
become overdue, and "due_before": what is due before this date is overdue then. A line that cannot be judged ends the
program with exit code 2 and a sentence on stderr: a guess would be worse.
"""

import json
import sys
import zoneinfo
from datetime import date, datetime, time, timedelta, timezone

SYSTEM_TZ_DATABASE = "/usr/share/zoneinfo"


def open_from(day, case):
    """The day itself, or the next one that is open."""
    weekdays = case.get("closed_weekdays", [])
    days = {date.fromisoformat(each) for each in case.get("closed_days", [])}
    if set(weekdays) >= set(range(1, 8)):
        raise ValueError("a calendar that closes every day of the week")
    while day.isoweekday() in weekdays or day in days:
        day += timedelta(days=1)
    return day


def effective_due_date(case):
    day = date.fromisoformat(case["due"]) + timedelta(case.get("grace_days", 0))
    return open_from(day, case)


def is_overdue(case):
    at = datetime.fromisoformat(case["at"])
    if at.tzinfo is None:
        raise ValueError(f"instant without an offset: {case['at']}")
    local = at.astimezone(zoneinfo.ZoneInfo(case["timezone"]))
    due = effective_due_date(case)
    cutoff = time.fromisoformat(case["cutoff"])

    if case.get("plan_status", "active") != "active":
        return False
    if case.get("installment_status", "pending") != "pending":
        return False
    if local.date() != due:
        return local.date() > due
    return local.time() >= cutoff


def clock(instant, zone):
    return instant.astimezone(zone).replace(tzinfo=None)


def candidates(wanted, zone):
    """The instants at which the clock shows a date and time under any offset that
    is in force around it, and those at which the offset changes."""

    def offset(instant):
        return instant.astimezone(zone).utcoffset()

    step = timedelta(minutes=15)
    start = wanted.replace(tzinfo=timezone.utc) - timedelta(hours=40)
    samples = [start + step * n for n in range(321)]
    found = [
        (wanted - each).replace(tzinfo=timezone.utc)
        for each in {offset(sample) for sample in samples}
    ]
    for low, high in zip(samples, samples[1:]):
        if offset(low) == offset(high):
            continue
        before = offset(low)
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low).seconds // 2)
            if offset(middle) == before:
                low = middle
            else:
                high = middle
        found.append(high)
    return found


def overdue_at(case):
    """The earliest candidate at which the clock has reached the cut-off."""
    zone = zoneinfo.ZoneInfo(case["timezone"])
    wanted = datetime.combine(
        effective_due_date(case), time.fromisoformat(case["cutoff"])
    )
    return min(
        each for each in candidates(wanted, zone) if clock(each, zone) >= wanted
    )


def next_cutoff(case):
    """The earliest instant after "at" at which the clock reaches the cut-off of an
    open day that it does not show as passed at "at": for the first time, or again
    after it was turned back."""
    zone = zoneinfo.ZoneInfo(case["timezone"])
    at = datetime.fromisoformat(case["at"])
    cutoff = time.fromisoformat(case["cutoff"])
    moment = timedelta(microseconds=1)

    def reaches(wanted):
        if clock(at, zone) >= wanted:
            return []
        return [
            each
            for each in candidates(wanted, zone)
            if each > at
            and clock(each, zone) >= wanted
            and clock(each - moment, zone) < wanted
        ]

    found = []
    day = open_from(at.astimezone(zone).date() - timedelta(days=2), case)
    # A day after the first that is found could still come before it.
    days_after = 0
    while days_after < 3:
        instants = reaches(datetime.combine(day, cutoff))
        found += [(instant, day) for instant in instants]
        days_after += bool(found)
        day = open_from(day + timedelta(days=1), case)
    instant = min(instant for instant, _ in found)
    # Where the clock skips several days, the last of them decides.
    decides = max(day for each, day in found if each == instant)
    return instant, decides - timedelta(case.get("grace_days", 0)) + timedelta(1)


def main():
    # Without this, an installed tzdata package could answer for a zone that the
    # system does not know.
    zoneinfo.reset_tzpath([SYSTEM_TZ_DATABASE])
    for number, line in enumerate(sys.stdin, start=1):
        try:
            case = json.loads(line)
            answer = {
                "id": case["id"],
                "overdue": is_overdue(case),
                "overdue_at": overdue_at(case).isoformat(),
            }
            if case.get("next_cutoff"):
                instant, before = next_cutoff(case)
                answer["next_cutoff_at"] = instant.isoformat()
                answer["due_before"] = before.isoformat()
        except (KeyError, TypeError, ValueError) as error:
            print(
                f"line {number} cannot be judged: "
                f"{type(error).__name__}: {error}: {line.strip()}",
                file=sys.stderr,
            )
            return 2
        print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
