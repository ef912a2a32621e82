package trial

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Machine is where and of what the comparison was made; what is not known is "?".
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Disk   string `json:"disk"` // the file system that data was on
	Commit string `json:"commit"`
	Date   string `json:"date"` // of the commit
}

// describeMachine looks around; dir is where data is.
func describeMachine(ctx context.Context, dir string) Machine {
	m := Machine{CPU: "?", Cores: runtime.NumCPU(), Kernel: "?", Go: runtime.Version(), Disk: "?", Commit: "?", Date: "?"}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
			}
		}
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(kernel))
	}
	if disk := output(ctx, "stat", "-f", "-c", "%T", dir); disk != "" {
		m.Disk = "data on " + disk
	}
	if commit := output(ctx, "git", "log", "-1", "--format=%h %cs"); commit != "" {
		m.Commit, m.Date, _ = strings.Cut(commit, " ")
	}
	if output(ctx, "git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/bench") != "" {
		m.Commit += " with changes"
	}
	return m
}

// output is what a program prints, "" if it fails.
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
