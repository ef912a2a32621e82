package port

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// idleClient is the variable by which this program knows that it is to be the silent clients, and of which server.
const idleClient = "PARLEY_PORT_IDLE"

// beSilent connects as many times as it is told, says so, and waits until its input ends.
func beSilent(address, connections string) error {
	n, err := strconv.Atoi(connections)
	if err != nil {
		return err
	}
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	os.Stdout.WriteString("connected\n")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// resident is how many bytes of this process are in memory.
func resident(b *testing.B) int {
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip(err) // a system without it
	}
	pages, err := strconv.Atoi(strings.Fields(string(content))[1])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// BenchmarkSilentConnections tells what a connection costs that says nothing: with -benchtime 10000x, ten thousand at once.
func BenchmarkSilentConnections(b *testing.B) {
	d := New(Config{Patience: time.Hour, Connections: b.N}, slog.New(slog.DiscardHandler), time.Now)
	if err := d.Open(b.Context(), []Address{{Address: "127.0.0.1:0"}}); err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	debug.FreeOSMemory()
	before := resident(b)
	clients := exec.Command(os.Args[0])
	clients.Env = append(os.Environ(), idleClient+"="+d.Addrs()[0].String()+" "+strconv.Itoa(b.N))
	clients.Stderr = os.Stderr
	in, err := clients.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := clients.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := clients.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	for {
		if _, undecided := d.crowd.lens(); undecided == b.N {
			break
		}
		runtime.Gosched()
	}
	b.ReportMetric(float64(resident(b)-before)/float64(b.N)/1000, "kB/connection")
	debug.FreeOSMemory()
	b.ReportMetric(float64(resident(b)-before)/float64(b.N)/1000, "kB/connection-freed")
	in.Close()
	if err := clients.Wait(); err != nil {
		b.Fatal(err)
	}
}
