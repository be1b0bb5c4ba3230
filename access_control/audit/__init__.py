"""Who did what: records chained by hashes, with personal text beside them so that it can be erased."""
