package doctor

import (
	"os"
	"strings"

	"parley/locale"
)

// firewall returns which one is on, as far as everybody may see.
func firewall() string {
	if content, err := os.ReadFile("/etc/ufw/ufw.conf"); err == nil && strings.Contains("\n"+string(content), "\nENABLED=yes") {
		return "ufw"
	}
	if _, err := os.Stat("/sys/fs/cgroup/system.slice/firewalld.service"); err == nil {
		return "firewalld"
	}
	return ""
}

// letIn opens ports of a protocol, such as udp, in what may be this machine's firewall.
func letIn(system, firewall, protocol string, ports ...string) locale.Text {
	each := func(format string) string {
		var lines []string
		for _, port := range ports {
			lines = append(lines, strings.NewReplacer("PORT", port, "PROTOCOL", protocol).Replace(format))
		}
		return strings.Join(lines, "\n")
	}
	const ufw, firewalld = "sudo ufw allow PORT/PROTOCOL", "sudo firewall-cmd --permanent --add-port=PORT/PROTOCOL && sudo firewall-cmd --reload"
	switch {
	case system == "windows":
		protocol = strings.ToUpper(protocol)
		return paste(each("netsh advfirewall firewall add rule name=parley dir=in action=allow protocol=PROTOCOL localport=PORT"))
	case system == "darwin":
		return paste(`f=/usr/libexec/ApplicationFirewall/socketfilterfw; sudo $f --add "$(which parley)"; sudo $f --unblockapp "$(which parley)"`)
	case firewall == "ufw":
		return paste(each(ufw))
	case firewall == "firewalld":
		return paste(each(firewalld))
	}
	return locale.Text{
		EN: each(ufw+"  # with ufw") + "\n" + each(firewalld+"  # with firewalld"),
		ZH: each(ufw+"  # 使用 ufw 时") + "\n" + each(firewalld+"  # 使用 firewalld 时"),
	}
}
