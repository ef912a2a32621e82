package doctor

import "io/fs"

// Who may do what is in access lists there, which a new directory inherits from the one above it: there is nothing to look at.

func whoAmI() (name string, root bool) { return "", false }

func ownerOf(fs.FileInfo) string { return "" }

func isRoot(string) bool { return false }
