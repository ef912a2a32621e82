package line

import (
	"testing"
	"unsafe"
)

// TestAMemberFitsItsSizeClass: the allocator's next one has 64 bytes more, for every connection.
func TestAMemberFitsItsSizeClass(t *testing.T) {
	const class, header = 576, 8 // of objects with pointers that have more than 512 bytes
	if unsafe.Sizeof(uintptr(0)) == 8 && unsafe.Sizeof(member{}) > class-header {
		t.Errorf("it has %d bytes, %d fit", unsafe.Sizeof(member{}), class-header)
	}
}
