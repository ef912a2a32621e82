// Package certificate holds the server's TLS certificate: the one that an operator gives as files, looked at again while the
// server runs, or one of its own that is made at the first start and then kept.
//
// It knows nothing of connections, of doors, or of who trusts which certificate.
//
// Its laws: a change that cannot be used is logged once, and the certificate before it goes on being used; no identity is ever
// replaced by itself: where a key was, a missing or broken file is an error; what is written is whole or not there.
package certificate

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"parley/locale"
)

// lookEvery is how often the files are looked at, at most, while handshakes ask.
const lookEvery = time.Second

// Certificate is a chain and its key, as two PEM files hold them. Any goroutine.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex // guards the rest
	looked time.Time
	seen   content // the last that was tried, used or not
	served *tls.Certificate
}

// content is what stood in the two files, or why that could not be read.
type content struct {
	cert, key []byte
	err       error
}

func (c content) equals(other content) bool {
	if c.err != nil || other.err != nil {
		return c.err != nil && other.err != nil && c.err.Error() == other.err.Error()
	}
	return bytes.Equal(c.cert, other.cert) && bytes.Equal(c.key, other.key)
}

// Open reads a certificate, with the chain behind it, and its key, as PEM. Changed files are used from the next handshake on
// that comes a second or more after the last look. now is the clock of that.
func Open(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, now: now, looked: now()}
	c.seen = read(certFile, keyFile)
	pair, err := c.seen.pair()
	if err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "cannot use the certificate %s with the key %s: %v. Name a matching pair of " +
				"PEM files with --tls-cert and --tls-key",
			ZH: "无法使用证书 %s 和私钥 %s：%v。请用 --tls-cert 和 --tls-key 指定互相匹配的 PEM 文件",
		}, certFile, keyFile, err)
	}
	c.served = pair
	c.warnOfTime(pair)
	return c, nil
}

func read(certFile, keyFile string) (got content) {
	if got.cert, got.err = os.ReadFile(certFile); got.err == nil {
		got.key, got.err = os.ReadFile(keyFile)
	}
	return got
}

// pair makes what handshakes use.
func (c content) pair() (*tls.Certificate, error) {
	if c.err != nil {
		return nil, c.err
	}
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, err
	}
	return &pair, nil
}

// GetCertificate is for tls.Config: it returns the newest certificate that can be used.
func (c *Certificate) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.isDue() {
		c.look()
	}
	return c.current(), nil
}

func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.served
}

// isDue says whether the caller is to look at the files: one of all who ask in a second.
func (c *Certificate) isDue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if elapsed := now.Sub(c.looked); elapsed >= 0 && elapsed < lookEvery {
		return false
	}
	c.looked = now
	return true
}

// look takes over what the files hold, if that changed and can be used. Nobody waits for a slow disk but who looks.
func (c *Certificate) look() {
	got := read(c.certFile, c.keyFile)
	c.mu.Lock()
	same := got.equals(c.seen)
	c.seen = got
	c.mu.Unlock()
	if same {
		return
	}
	pair, err := got.pair()
	if err != nil {
		c.log.Warn("cannot use the changed certificate: the old one stays in use", "cert",
			c.certFile, "key", c.keyFile, "err", err)
		return
	}
	c.mu.Lock()
	changed := !bytes.Equal(c.served.Certificate[0], pair.Certificate[0])
	c.served = pair
	c.mu.Unlock()
	c.warnOfTime(pair)
	if changed {
		c.log.Info("reloaded the certificate", "cert", c.certFile, "fingerprint", fingerprint(pair),
			"until", pair.Leaf.NotAfter)
	}
}

// warnOfTime says so if a certificate is used outside its time: clients that look at it will turn away.
func (c *Certificate) warnOfTime(pair *tls.Certificate) {
	if now := c.now(); now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
		c.log.Warn("the certificate is not valid now", "cert", c.certFile,
			"clock", now, "from", pair.Leaf.NotBefore, "until", pair.Leaf.NotAfter)
	}
}

// Fingerprint is the SHA-256 of the certificate now used, as `openssl x509 -noout -fingerprint -sha256` prints it behind the
// equals sign, for people to compare.
func (c *Certificate) Fingerprint() string { return fingerprint(c.current()) }

// Validity returns from when until when the certificate now used is good.
func (c *Certificate) Validity() (from, until time.Time) {
	leaf := c.current().Leaf
	return leaf.NotBefore, leaf.NotAfter
}

func fingerprint(pair *tls.Certificate) string {
	sum := sha256.Sum256(pair.Certificate[0])
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}
