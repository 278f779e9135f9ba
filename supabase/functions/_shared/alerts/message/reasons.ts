/** What people have to know about a reason of the health report. */
export interface ReasonWords {
  /** What it means; null: for the people of the job, its own words say it. */
  readonly impact: string | null;
  /** What happens next by itself; null: what would start the next run does. */
  readonly next: string | null;
  readonly toDo: string;
}

const NOT_BY_ITSELF = "It does not end by itself.";

/** By the code of the reason; docs/runbooks has the whole of it. */
export const REASONS: Readonly<Record<string, ReasonWords>> = {
  run_stuck: {
    impact: null,
    next: "The supervisor tries every minute to end the run. No other run of " +
      "the job starts before.",
    toDo: "End the run as the page says, and find out what holds it.",
  },
  catch_up_given_up: {
    impact: null,
    next: null,
    toDo: "Fix the cause of the failures, then run the job yourself.",
  },
  due_check_failing: {
    impact:
      "The job starts only at the times of its schedule, and not as soon " +
      "as something is due.",
    next:
      "The check is asked again every minute; one that is too slow, every " +
      "few minutes.",
    toDo: "Fix the function that the reason names.",
  },
  schedule_missing: {
    impact: null,
    next: "Nothing starts the job at its time. Only a missed run is caught up.",
    toDo: "Schedule the job again.",
  },
  schedule_inactive: {
    impact: null,
    next: "Nothing starts the job at its time. Only a missed run is caught up.",
    toDo: "Activate the entry, or pause the job so that this is known.",
  },
  command_differs: {
    impact: null,
    next: "Nothing starts the job at its time. Only a missed run is caught up.",
    toDo: "Put the command back, then find out who replaced it.",
  },
  disabled_but_scheduled: {
    impact: "The job still runs, although it is disabled. If it stops, no " +
      "message says so.",
    next: NOT_BY_ITSELF,
    toDo: "Register the job as enabled, or remove its entry.",
  },
  scheduler_dead: {
    impact: "No job starts, and none is caught up.",
    next: NOT_BY_ITSELF,
    toDo: "Restart the database, or its pg_cron.",
  },
  supervisor_silent: {
    impact: "Jobs start at their times, but nothing catches up a run that " +
      "fails, and alerts can be late.",
    next: NOT_BY_ITSELF,
    toDo: "Put the entry back, or end the session that blocks it.",
  },
  own_entry_differs: {
    impact: "What reports a problem, or catches up a run, may not run itself.",
    next: NOT_BY_ITSELF,
    toDo: "Schedule the entries again, then find out who changed them.",
  },
  trigger_disabled: {
    impact: "Failed runs may not be reported.",
    next: NOT_BY_ITSELF,
    toDo: "Enable the trigger, then look for runs that failed meanwhile.",
  },
  database_copy: {
    impact: "This database starts no job and sends no alert.",
    next: NOT_BY_ITSELF,
    toDo: "Disarm the copy, or give it the address of its own functions.",
  },
  setting_missing: {
    impact: "No job can start.",
    next: "Each attempt leaves a failed run until the setting is there.",
    toDo: "Store the setting in Vault.",
  },
  setting_unreadable: {
    impact: "No job can start.",
    next: "Each attempt leaves a failed run until Vault can be read.",
    toDo: "Store the settings again.",
  },
  alerts_undelivered: {
    impact: "Alerts do not reach everyone who should get them.",
    next: "Alerts that wait are tried again. Those that were given up are not.",
    toDo: "Fix the channel, then send again what was given up.",
  },
  scheduler_full: {
    impact: "Jobs do not start at their times.",
    next: "The supervisor catches up what was missed, once a slot is free.",
    toDo: "End the sessions that hold the slots, as the page says.",
  },
  own_entry_failing: {
    impact: "A part of the supervision itself does not work.",
    next: "pg_cron tries again at the next time of the entry.",
    toDo: "Fix the error that the reason names.",
  },
  entry_without_job: {
    impact: "A job that should run does not.",
    next: NOT_BY_ITSELF,
    toDo: "Register the job again, or remove the entry.",
  },
  supervisor_step_failing: {
    impact:
      "A part of the supervision itself does not work. Its other steps do.",
    next: "The supervisor tries the step again every minute.",
    toDo: "Fix the error that the reason names.",
  },
  paused_but_scheduled: {
    impact: "The job still runs, although it is paused.",
    next: NOT_BY_ITSELF,
    toDo: "Pause the job again, or resume it.",
  },
};

/** What is said of a reason that is not known here. */
export const UNKNOWN_REASON: ReasonWords = {
  impact: null,
  next: NOT_BY_ITSELF,
  toDo: "Follow the page.",
};
