// Package namespace runs commands and tests within a network of their own, in which a test may add
// addresses, forge packets and take links down. It needs Linux and unshare(1).
//
// It knows nothing of what it runs.
//
// Its laws:
//   - Nothing outside the new network changes.
//   - A test is skipped only if it did not begin there.
package namespace

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// Command returns a command that runs c within a new network, after setup, a shell command.
func Command(c *exec.Cmd, setup string) *exec.Cmd {
	within := exec.Command("unshare", "--user", "--map-root-user", "--net",
		"sh", "-c", setup+` && exec "$0" "$@"`, c.Path)
	within.Args = append(within.Args, c.Args[1:]...)
	within.Env = c.Env
	return within
}

// inside marks the run of a test within a network of its own.
const inside = "PARLEY_TEST_NAMESPACE"

// Inside runs a whole test again within a new network, after setup, a shell command. It returns
// true there; elsewhere the test is to return. The test is skipped where this is not possible.
func Inside(t *testing.T, setup string) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		return true
	}
	test := exec.Command(os.Args[0], "-test.v", "-test.count=1", "-test.run", "^"+t.Name()+"$")
	test.Env = append(os.Environ(), inside+"=1")
	out, err := Command(test, setup).CombinedOutput()
	if !bytes.Contains(out, []byte("=== RUN")) {
		t.Skipf("a network of its own is not possible here: %v\n%s", err, out)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}
