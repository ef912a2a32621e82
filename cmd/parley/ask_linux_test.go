package main

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"parley/server"
)

func TestAStoppedServerIsToldToGoOn(t *testing.T) {
	process := exec.CommandContext(t.Context(), "sleep", "60")
	if err := process.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	pid := process.Process.Pid
	if err := process.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Wait4(pid, new(syscall.WaitStatus), syscall.WUNTRACED, nil); err != nil {
		t.Fatal(err)
	}
	err := question{holder: server.Holder{PID: pid}, patience: answerPatience}.unanswered()
	if !strings.Contains(err.Error(), fmt.Sprintf("kill -CONT %d", pid)) {
		t.Error(err)
	}
}
