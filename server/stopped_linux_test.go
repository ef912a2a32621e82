package server

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestAStoppedProcessIsSeen(t *testing.T) {
	process := exec.CommandContext(t.Context(), "sleep", "60")
	if err := process.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	holder := Holder{PID: process.Process.Pid}
	if holder.IsStopped() {
		t.Error("a process that sleeps is said to be stopped")
	}
	if err := process.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(holder.PID, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatal(status, err)
	}
	if !holder.IsStopped() {
		t.Error("a stopped process is not seen")
	}
	if (Holder{PID: os.Getpid()}).IsStopped() || (Holder{}).IsStopped() {
		t.Error("this process or none is said to be stopped")
	}
}
