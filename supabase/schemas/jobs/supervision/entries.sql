select jobs.schedule_supervision();
