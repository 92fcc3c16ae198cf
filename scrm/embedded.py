from pathlib import Path
def valkey_socket(var): return Path("/tmp/x")
def database(var): return {"NAME":"scrm","USER":"scrm","HOST":"/tmp/x"}
