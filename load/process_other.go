//go:build !linux

package load

import "parley/locale"

// Process returns a Meter of any process of this machine, where the system tells.
func Process(int) (Meter, error) {
	return nil, locale.Errorf(locale.Text{
		EN: "another process can be measured on Linux only; leave --pid out",
		ZH: "只有在 Linux 上才能测量其他进程；请去掉 --pid",
	})
}
