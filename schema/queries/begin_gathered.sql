-- In memory: no lock of the file is asked for.
BEGIN DEFERRED;
