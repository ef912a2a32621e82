package main

// raiseFiles has nothing to raise: there is no such limit here.
func raiseFiles() error { return nil }
