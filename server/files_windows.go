package server

// OpenFiles returns that there is no limit on this system.
func OpenFiles() (limit uint64, known bool) { return 0, false }

// otherOwner returns that a directory's owner is not known on this system.
func otherOwner(string) string { return "" }
