package server

import (
	"math"
	"os"
	"os/exec"
	"testing"
)

func TestTheLimitOfAnotherProcessIsRead(t *testing.T) {
	process := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -n 123 && echo && exec sleep 60")
	said, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	if _, err := said.Read(make([]byte, 1)); err != nil { // from here on, the limit holds
		t.Fatal(err)
	}
	if limit, known := (Holder{PID: process.Process.Pid}).OpenFiles(); limit != 123 || !known {
		t.Errorf("the other process may open %d files (%v), want 123", limit, known)
	}
	own, _ := OpenFiles()
	if limit, known := (Holder{PID: os.Getpid()}).OpenFiles(); limit != own || !known {
		t.Errorf("this process may open %d files (%v), want %d", limit, known, own)
	}
	if _, known := (Holder{}).OpenFiles(); known {
		t.Error("the limit of no process is known")
	}
}

func TestALineOfLimitsIsRead(t *testing.T) {
	const limits = "Limit                     Soft Limit           Hard Limit           Units     \n" +
		"Max file size             unlimited            unlimited            bytes     \n" +
		"Max open files            1024                 524288               files     \n" +
		"Max locked memory         \n"
	for name, want := range map[string]uint64{"Max open files": 1024, "Max file size": math.MaxUint64} {
		if limit, known := softLimit([]byte(limits), name); limit != want || !known {
			t.Errorf("%s: %d (%v), want %d", name, limit, known, want)
		}
	}
	for _, name := range []string{"Max locked memory", "Max processes"} {
		if limit, known := softLimit([]byte(limits), name); known {
			t.Errorf("%s: %d, which is not there", name, limit)
		}
	}
}
