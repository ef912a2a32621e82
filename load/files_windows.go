package load

// enoughFiles has nothing to say: there is no such limit here.
func enoughFiles(int) error { return nil }
