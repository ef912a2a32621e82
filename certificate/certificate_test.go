package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/locale"
)

// clock is a clock that stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// house is a directory with a certificate in it, and what is said of that.
type house struct {
	t *testing.T
	*clock
	dir, certFile, keyFile string
	said                   bytes.Buffer
}

func newHouse(t *testing.T) *house {
	dir := t.TempDir()
	return &house{
		t: t, clock: &clock{time.Now()}, dir: dir,
		certFile: filepath.Join(dir, CertName), keyFile: filepath.Join(dir, KeyName),
	}
}

func (h *house) log() *slog.Logger { return slog.New(slog.NewTextHandler(&h.said, nil)) }

func (h *house) own() *Certificate {
	h.t.Helper()
	c, err := Own(h.dir, h.log(), h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// served is the fingerprint of what a handshake gets.
func (h *house) served(c *Certificate) string {
	h.t.Helper()
	pair, err := c.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		h.t.Fatal(err)
	}
	return fingerprint(pair)
}

// becomes copies another house's files over this one's.
func (h *house) becomes(other *house, files ...string) {
	h.t.Helper()
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(other.dir, name))
		if err != nil {
			h.t.Fatal(err)
		}
		h.write(name, content)
	}
}

func (h *house) write(name string, content []byte) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), content, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) files() (names []string) {
	h.t.Helper()
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (h *house) rename(from, to string) {
	h.t.Helper()
	if err := os.Rename(filepath.Join(h.dir, from), filepath.Join(h.dir, to)); err != nil {
		h.t.Fatal(err)
	}
}

func TestACertificateOfOnesOwnIsMadeOnceAndKept(t *testing.T) {
	h := newHouse(t)
	first := h.own()
	for range 2 {
		if again := h.own(); again.Fingerprint() != first.Fingerprint() {
			t.Error("the next start has another certificate")
		}
	}
	if found, err := Find(h.dir, h.log(), h.now); err != nil || found.Fingerprint() != first.Fingerprint() {
		t.Errorf("found is another: %v", err)
	}
	leaf := first.current().Leaf
	if from, until := first.Validity(); from != leaf.NotBefore || until != leaf.NotAfter {
		t.Errorf("valid from %v until %v", from, until)
	}
	host, _ := os.Hostname()
	for _, name := range []string{"localhost", "127.0.0.1", "::1", host} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if err := leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		t.Errorf("it is not signed by itself: %v", err)
	}
	if key, is := leaf.PublicKey.(*ecdsa.PublicKey); !is || key.Curve != elliptic.P256() {
		t.Errorf("browsers take no certificate with a key of type %T", leaf.PublicKey)
	}
	if years := leaf.NotAfter.Sub(h.at).Hours() / 24 / 365; years < 9.9 || years > 10.1 {
		t.Errorf("it is valid for %.1f years", years)
	}
	files, err := os.ReadDir(h.dir)
	if err != nil || len(files) != 2 {
		t.Errorf("%v are left in the directory, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if said := h.said.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, first.Fingerprint()) {
		t.Errorf("only the start that makes a certificate says its fingerprint: %s", said)
	}
}

func TestTheFingerprintIsWhatOpenSSLPrints(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not here")
	}
	h := newHouse(t)
	c := h.own()
	out, err := exec.Command(openssl, "x509", "-in", h.certFile, "-noout", "-fingerprint", "-sha256").Output()
	if _, printed, _ := strings.Cut(strings.TrimSpace(string(out)), "="); err != nil || printed != c.Fingerprint() {
		t.Errorf("openssl prints %s, %v, not %s", printed, err, c.Fingerprint())
	}
}

func TestAStartThatWasCutShortIsFinishedByTheNext(t *testing.T) {
	whole := newHouse(t)
	want := whole.own().Fingerprint()
	for name, c := range map[string]struct {
		made []string // what had come into being
		same bool     // as nobody can have seen another
	}{
		"nothing":                      {nil, false},
		"half a key":                   {[]string{"half " + KeyName + unfinished}, false},
		"the key":                      {[]string{KeyName + unfinished}, false},
		"the key, half a certificate":  {[]string{KeyName + unfinished, "half " + CertName + unfinished}, false},
		"both":                         {[]string{KeyName + unfinished, CertName + unfinished}, false},
		"both, one has got its name":   {[]string{KeyName + unfinished, CertName}, true},
		"both, both have their names":  {[]string{KeyName, CertName}, true},
		"both, and rubbish beside one": {[]string{KeyName, CertName, "half " + KeyName + unfinished}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for _, file := range c.made {
				file, half := strings.CutPrefix(file, "half ")
				content, err := os.ReadFile(filepath.Join(whole.dir, strings.TrimSuffix(file, unfinished)))
				if err != nil {
					t.Fatal(err)
				}
				if half {
					content = content[:len(content)/2]
				}
				h.write(file, content)
			}
			before := h.files()
			found, err := Find(h.dir, h.log(), h.now)
			if (err == nil) != c.same || !c.same && !errors.Is(err, fs.ErrNotExist) || err == nil && found.Fingerprint() != want {
				t.Errorf("before the next start is found %v, %v", found, err)
			}
			if after := h.files(); !slices.Equal(before, after) {
				t.Errorf("of %q there are %q after a look", before, after)
			}
			got := h.own().Fingerprint()
			if (got == want) != c.same {
				t.Errorf("the same certificate: %v, want %v", got == want, c.same)
			}
			if again := h.own().Fingerprint(); again != got {
				t.Error("it is not kept")
			}
		})
	}
}

func TestAnIdentityIsNeverReplacedByItself(t *testing.T) {
	other := newHouse(t)
	other.own()
	for name, c := range map[string]struct {
		harm func(h *house)
		says []string
	}{
		"the certificate is gone": {
			func(h *house) { os.Remove(h.certFile) },
			[]string{CertName + " is missing", "remove", KeyName},
		},
		"the key is gone": {
			func(h *house) { os.Remove(h.keyFile) },
			[]string{KeyName + " is missing", "remove", CertName},
		},
		"the certificate is empty": {
			func(h *house) { h.write(CertName, nil) },
			[]string{"cannot use the server's certificate", "backup"},
		},
		"the key is torn": {
			func(h *house) { h.write(KeyName, []byte("-----BEGIN PRIV")) },
			[]string{"cannot use the server's certificate", "backup"},
		},
		"the key is another's": {
			func(h *house) { h.becomes(other, KeyName) },
			[]string{"cannot use the server's certificate", "does not match", "backup"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.own()
			c.harm(h)
			before, _ := os.ReadFile(h.keyFile)
			_, err := Own(h.dir, h.log(), h.now)
			if err == nil {
				t.Fatal("the server starts")
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if zh := locale.Explain(err, locale.Chinese); !strings.Contains(zh, "副本") || strings.Contains(zh, "%!") {
				t.Errorf("in Chinese: %s", zh)
			}
			if after, _ := os.ReadFile(h.keyFile); !bytes.Equal(before, after) {
				t.Error("the key was touched")
			}
		})
	}
}

func TestADirectoryThatCannotBeWrittenToIsSaid(t *testing.T) {
	h := newHouse(t)
	_, err := Own(filepath.Join(h.dir, "missing"), h.log(), h.now)
	if err == nil || !strings.Contains(err.Error(), "directory writable") {
		t.Errorf("%v", err)
	}
}

func TestFilesThatCannotBeUsedAreRefused(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	h.own()
	other.own()
	for name, files := range map[string][2]string{
		"not there":                    {h.certFile, filepath.Join(h.dir, "missing")},
		"a directory":                  {h.dir, h.keyFile},
		"a key that does not match":    {h.certFile, other.keyFile},
		"the two in the other's place": {h.keyFile, h.certFile},
	} {
		_, err := Open(files[0], files[1], h.log(), h.now)
		if err == nil || !strings.Contains(err.Error(), "--tls-cert and --tls-key") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(h.certFile, h.keyFile, h.log(), h.now); err != nil {
		t.Error(err)
	}
}

func TestAChangeIsUsedWithinASecondOfHandshakes(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	c := h.own()
	old, next := c.Fingerprint(), other.own().Fingerprint()
	h.becomes(other, CertName, KeyName)
	h.at = h.at.Add(lookEvery - 1)
	if h.served(c) != old {
		t.Error("the files are looked at more often than once a second")
	}
	h.at = h.at.Add(1)
	if h.served(c) != next || c.Fingerprint() != next {
		t.Error("a changed certificate is not used")
	}
	if got := strings.Count(h.said.String(),
		"reloaded"); got != 1 || !strings.Contains(h.said.String(), next) {
		t.Errorf("it is logged %d times: %s", got, &h.said)
	}
	h.at = h.at.Add(-time.Hour) // the clock was set
	h.becomes(newOther(t), CertName, KeyName)
	if h.served(c) == next {
		t.Error("after the clock was set back nothing is looked at")
	}
}

func newOther(t *testing.T) *house {
	other := newHouse(t)
	other.own()
	return other
}

func TestABrokenChangeKeepsTheOldAndIsLoggedOnce(t *testing.T) {
	other := newOther(t)
	for name, harm := range map[string]func(h *house){
		"torn":        func(h *house) { h.write(CertName, []byte("-----BEGIN CERT")) },
		"gone":        func(h *house) { h.rename(KeyName, "elsewhere") },
		"half way":    func(h *house) { h.becomes(other, CertName) },
		"not a chain": func(h *house) { h.write(CertName, []byte("hello")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			c := h.own()
			old := c.Fingerprint()
			harm(h)
			for range 3 {
				h.at = h.at.Add(lookEvery)
				if h.served(c) != old {
					t.Error("the old certificate is not kept")
				}
			}
			if got := strings.Count(h.said.String(), "cannot use the changed"); got != 1 {
				t.Errorf("it is logged %d times: %s", got, &h.said)
			}
			h.becomes(other, CertName, KeyName)
			h.at = h.at.Add(lookEvery)
			if h.served(c) == old {
				t.Error("when it is whole it is not used")
			}
		})
	}
}

func TestACertificateOutOfItsTimeIsSaid(t *testing.T) {
	h := newHouse(t)
	h.own()
	h.at = h.at.AddDate(11, 0, 0)
	h.own()
	if !strings.Contains(h.said.String(), "not valid now") {
		t.Errorf("what is said: %s", &h.said)
	}
}

func TestHandshakesAskAtOnce(t *testing.T) {
	h := newHouse(t)
	c := h.own()
	done := make(chan struct{})
	h.at = h.at.Add(time.Hour)
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 100 {
				if pair, err := c.GetCertificate(nil); pair == nil || err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
}
