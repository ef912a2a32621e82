//go:build !unix

package stream

import "errors"

// canWriteNow says that a descriptor cannot be written without waiting: every connection is written
// by a goroutine of its own.
const canWriteNow = false

var errNotHere = errors.New("stream: not on this system")

func readDescriptor(uintptr, []byte) (int, error)  { return 0, errNotHere }
func writeDescriptor(uintptr, []byte) (int, error) { return 0, errNotHere }
func isReset(uintptr) bool                         { return false }
