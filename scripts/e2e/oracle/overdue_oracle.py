"""An independent judge of the overdue rule, for tests of the real one.

It shares no code with the SQL that it judges: the Python 3 standard library
only, and the tz database of the operating system, the same that a packaged
Postgres reads.

Reads one JSON object per line on stdin:

    {"id": "1", "timezone": "Asia/Kathmandu", "cutoff": "16:00:00",
     "due": "2024-03-15", "at": "2024-03-15T10:15:00.000000Z"}

and answers one per line on stdout, in the same order:

    {"id": "1", "overdue": true}

"plan_status" and "installment_status" may be given as well; left out, the plan
is active and the installment pending. A line that cannot be judged ends the
program with exit code 2 and a sentence on stderr: a guess would be worse.
"""

import json
import sys
import zoneinfo
from datetime import date, datetime, time

SYSTEM_TZ_DATABASE = "/usr/share/zoneinfo"


def is_overdue(case):
    at = datetime.fromisoformat(case["at"])
    if at.tzinfo is None:
        raise ValueError(f"instant without an offset: {case['at']}")
    local = at.astimezone(zoneinfo.ZoneInfo(case["timezone"]))
    due = date.fromisoformat(case["due"])
    cutoff = time.fromisoformat(case["cutoff"])

    if case.get("plan_status", "active") != "active":
        return False
    if case.get("installment_status", "pending") != "pending":
        return False
    if local.date() != due:
        return local.date() > due
    return local.time() >= cutoff


def main():
    # Without this, an installed tzdata package could answer for a zone that the
    # system does not know.
    zoneinfo.reset_tzpath([SYSTEM_TZ_DATABASE])
    for number, line in enumerate(sys.stdin, start=1):
        try:
            case = json.loads(line)
            answer = {"id": case["id"], "overdue": is_overdue(case)}
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
