package stream

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"parley/chat"
)

// selfSigned returns a certificate of a server that nobody needs to trust.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// stalled is a client that speaks TLS and has stopped reading.
type stalled struct {
	t       *testing.T
	tcp     *net.TCPConn
	conn    *tls.Conn
	secrets bytes.Buffer // what tls logs of its keys
	records uint64       // encrypted ones sent with the traffic keys
}

// stall lets nick enter over TLS, with a small buffer, and read no more.
func (h *house) stall(nick string, certificate tls.Certificate) *stalled {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { dialed.Close() })
	accepted, err := l.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	h.serving.Go(func() {
		h.door.Serve(tls.Server(accepted, &tls.Config{Certificates: []tls.Certificate{certificate}}), nil)
	})
	c := &stalled{t: h.t, tcp: dialed.(*net.TCPConn)}
	if err := c.tcp.SetReadBuffer(4096); err != nil {
		h.t.Fatal(err)
	}
	c.conn = tls.Client(c.tcp, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &c.secrets, MinVersion: tls.VersionTLS13})
	c.write("E" + nick)
	newClient(h.t, c.conn).reads("hi", "welcome")
	return c
}

func (c *stalled) write(said string) {
	c.t.Helper()
	if _, err := c.conn.Write(frame(said)); err != nil {
		c.t.Fatal(err)
	}
	c.records++
}

// updateKeys sends a KeyUpdate that asks for one in return (RFC 8446, section 4.6.3). crypto/tls
// offers no way to do it. The server's reading goroutine then has to write.
func (c *stalled) updateKeys() {
	c.t.Helper()
	if suite := c.conn.ConnectionState().CipherSuite; suite != tls.TLS_AES_128_GCM_SHA256 {
		c.t.Skipf("the test can speak TLS_AES_128_GCM_SHA256 only, not %s", tls.CipherSuiteName(suite))
	}
	var secret []byte
	for l := range strings.Lines(c.secrets.String()) {
		if f := strings.Fields(l); f[0] == "CLIENT_TRAFFIC_SECRET_0" {
			secret, _ = hex.DecodeString(f[2])
		}
	}
	expand := func(label string, length int) []byte {
		info := binary.BigEndian.AppendUint16(nil, uint16(length))
		info = append(append(info, byte(len("tls13 "+label))), "tls13 "+label...)
		key, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), length)
		if err != nil {
			c.t.Fatal(err)
		}
		return key
	}
	block, err := aes.NewCipher(expand("key", 16))
	if err != nil {
		c.t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		c.t.Fatal(err)
	}
	nonce := expand("iv", 12)
	for i, b := range binary.BigEndian.AppendUint64(nil, c.records) {
		nonce[4+i] ^= b
	}
	const handshake, keyUpdate, updateRequested = 22, 24, 1
	message := []byte{keyUpdate, 0, 0, 1, updateRequested, handshake}
	header := []byte{23, 3, 3, 0, byte(len(message) + gcm.Overhead())}
	if _, err := c.tcp.Write(gcm.Seal(header, nonce, message, header)); err != nil {
		c.t.Fatal(err)
	}
}

// TestAStalledTLSReaderCanBeEnded: by a kick, though a write to it is blocked and even its reading
// goroutine waits for that write.
func TestAStalledTLSReaderCanBeEnded(t *testing.T) {
	certificate := selfSigned(t)
	for what, before := range map[string]func(*stalled){
		"reads nothing":              func(*stalled) {},
		"asks for new keys":          (*stalled).updateKeys,
		"asks for new keys and quit": func(c *stalled) { c.updateKeys(); c.tcp.CloseWrite() },
	} {
		t.Run(what, func(t *testing.T) {
			h := open(t, func(c *Config) { c.Outbox = 64 << 20 })
			ann := h.enter("ann")
			ben := h.stall("ben", certificate)
			ann.reads("+ben")
			h.fill(ann, "ben")
			before(ben)
			if err := h.Do(t.Context(), chat.Kick{
				By:      chat.ByOperator(),
				NickKey: "ben",
			}); err != nil {
				t.Fatal(err)
			}
			ann.reads("-ben")
			h.serving.Wait()
		})
	}
}

// TestTheDoorClosesWithStalledTLSReaders: each has the time of a farewell, all of them at once.
func TestTheDoorClosesWithStalledTLSReaders(t *testing.T) {
	certificate := selfSigned(t)
	h := open(t, func(c *Config) { c.Outbox = 64 << 20 })
	ann := h.enter("ann")
	for _, nick := range []string{"ben", "cid", "dan"} {
		h.stall(nick, certificate)
		ann.reads("+" + nick)
	}
	h.fill(ann, "ben", "cid", "dan")
	h.closes()
	h.serving.Wait()
}

// connOf returns the connection of a session that is inside.
func (h *house) connOf(id chat.SessionID) *Conn {
	h.t.Helper()
	h.door.mu.Lock()
	defer h.door.mu.Unlock()
	for c := range h.door.conns {
		if c.ID() == id {
			return c
		}
	}
	h.t.Fatalf("%v has no connection", id)
	return nil
}

// fill lets a member talk until more waits for others than their sockets take: writes to them are
// blocked.
func (h *house) fill(talker *client, nicks ...string) {
	h.t.Helper()
	waits := func(nick string) int {
		for s := range h.Who(chat.Lobby) {
			if s.Nick.Name == nick {
				return h.connOf(s.ID).out.Len()
			}
		}
		h.t.Fatalf("%s is not inside", nick)
		return 0
	}
	text := strings.Repeat("x", 15<<10)
	for _, nick := range nicks {
		for before := 0; ; {
			for range 64 {
				talker.sends("P" + text)
			}
			talker.sends("S")
			talker.awaits("settled") // all before is on its way
			now := waits(nick)
			if now >= before+64*len(text) {
				break // nothing of it was taken
			}
			before = now
		}
	}
}
