"""The first-run wizard: from an empty installation to a synced corp. Also adds further corps."""
