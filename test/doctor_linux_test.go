package test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"parley/test/namespace"
)

func TestTheDoctorBehindAFirewall(t *testing.T) {
	const (
		private = "ip link set lo up && ip addr add 10.1.2.3/24 dev lo"
		public  = "ip link set lo up && ip addr add 203.0.113.5/24 dev lo"
		// What this machine sends to its own address meets no firewall; a rule before the one for its addresses stops it as one would.
		stopped = private + " && ip route add blackhole 10.1.2.3 table 5 && ip rule add pref 10 lookup local" +
			" && ip rule add pref 5 to 10.1.2.3 lookup 5 && ip rule del pref 0"
	)
	within := func(network string, args ...string) *exec.Cmd {
		return namespace.Command(command(t, args...), network)
	}
	if out, err := within(stopped, "--version").CombinedOutput(); err != nil {
		t.Skipf("a network of its own is not possible here: %v\n%s", err, out)
	}
	where := []string{"doctor", "--data", t.TempDir()}
	doctor := slices.Concat(where, []string{"--listen", ":0"})
	examine(t, within(private, doctor...)).has(t, "udp", "ok", "127.0.0.1:", "[::1]:", "10.1.2.3:")
	found := examine(t, within(stopped, doctor...))
	for check, says := range map[string]string{"udp": "no answer on 10.1.2.3:", "tcp": "cannot connect to 10.1.2.3:"} {
		if remedy := found.has(t, check, "fail", says, "firewall"); remedy == "" {
			t.Errorf("%s: there is no remedy", check)
		}
	}
	examine(t, within(private, doctor...)).has(t, "tcp", "ok", "127.0.0.1:", "[::1]:", "10.1.2.3:")
	remedy := examine(t, within(public, doctor...)).has(t, "udp", "warn", "no private address")
	if !strings.HasPrefix(remedy, "parley serve --data ") ||
		!strings.Contains(remedy, " --udp-allow 203.0.113.0/24 ") {
		t.Errorf("the remedy is %q", remedy)
	}
	examine(t, within(public, append(doctor, "--udp-allow", "203.0.113.0/24")...)).has(t, "udp", "ok", "127.0.0.1:")
	there := slices.Concat(where, []string{"--listen", "203.0.113.5:0"})
	examine(t, within(public, there...)).has(t, "udp", "warn", "203.0.113.5 is not a private address")
	examine(t, within(public, append(there, "--udp-allow", "203.0.113.0/24")...)).has(t, "udp", "ok", "203.0.113.5:")
}
