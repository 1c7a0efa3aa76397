"""Time: the schedule, the queue and the tasks."""
