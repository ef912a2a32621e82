package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"parley/locale"
)

// What a certificate of one's own is called in its directory. Both are mode 0600.
const (
	CertName = "parley-cert.pem"
	KeyName  = "parley-key.pem"
)

// unfinished is what is behind the name of a file that was not given its name yet.
const unfinished = ".new"

// validYears is how long a certificate of one's own is valid: clients remember it instead of asking how long.
const validYears = 10

// Own returns the server's own certificate, signed by itself. It is kept in dir, which must be there, and made if there is none
// yet: for localhost, the machine's name and the loopback addresses. Errors say what to do.
func Own(dir string, log *slog.Logger, now func() time.Time) (*Certificate, error) {
	made, err := provide(dir, now)
	if err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "cannot create the server's certificate in %s: %v. Make the directory " +
				"writable, or name a certificate with --tls-cert and --tls-key",
			ZH: "无法在 %s 中生成服务器证书：%v。请确认该目录可写，或用 --tls-cert 和 --tls-key 指定证书",
		}, dir, err)
	}
	c, err := Find(dir, log, now)
	if made && err == nil {
		log.Info("created a self-signed certificate",
			"cert", filepath.Join(dir, CertName), "fingerprint", c.Fingerprint())
	}
	return c, err
}

// Find returns what Own would, and changes nothing. fs.ErrNotExist: there is none yet.
func Find(dir string, log *slog.Logger, now func() time.Time) (*Certificate, error) {
	certFile, keyFile, hasCert, hasKey, err := look(dir)
	switch {
	case err != nil:
		return nil, err
	case !hasCert && !hasKey:
		return nil, fs.ErrNotExist
	case hasCert && !hasKey && check(certFile, keyFile+unfinished) == nil: // the next start finishes it
		keyFile += unfinished
	case !hasKey:
		return nil, lost(keyFile, certFile)
	case !hasCert:
		return nil, lost(certFile, keyFile)
	}
	if err := check(certFile, keyFile); err != nil {
		return nil, broken(certFile, keyFile, err)
	}
	return Open(certFile, keyFile, log, now)
}

// provide makes a certificate where there is none, and finishes one whose making was cut short. It
// returns whether it did either.
func provide(dir string, now func() time.Time) (made bool, err error) {
	certFile, keyFile, hasCert, hasKey, err := look(dir)
	switch {
	case err != nil:
		return false, err
	case !hasCert && !hasKey:
		return true, create(certFile, keyFile, now())
	case hasCert && !hasKey && check(certFile, keyFile+unfinished) == nil: // it was stopped between its last two steps
		return true, give(keyFile)
	}
	return false, nil
}

// look tells which of the two files are there.
func look(dir string) (certFile, keyFile string, hasCert, hasKey bool, err error) {
	certFile, keyFile = filepath.Join(dir, CertName), filepath.Join(dir, KeyName)
	hasCert, certErr := exists(certFile)
	hasKey, keyErr := exists(keyFile)
	return certFile, keyFile, hasCert, hasKey, errors.Join(certErr, keyErr)
}

func exists(file string) (bool, error) {
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// check says why a certificate and a key do not belong together.
func check(certFile, keyFile string) error {
	_, err := read(certFile, keyFile).pair()
	return err
}

// lost says what to do if one file of two is there.
func lost(gone, left string) error {
	return locale.Errorf(locale.Text{
		EN: "%s is missing, but %s exists: copy the missing file from your copy of the directory " +
			"(parley backup does not include it). Without one, remove %[2]s: the server then " +
			"creates a new certificate, which every client that knew the old one must verify again",
		ZH: "缺少 %s，但 %s 存在：请从你另外保存的副本中复制回来（parley backup 不含证书）。如无副本，请删除 " +
			"%[2]s：服务器将生成新证书，所有客户端都需要重新核对证书指纹",
	}, gone, left)
}

// broken says what to do if the files are there and cannot be used.
func broken(certFile, keyFile string, err error) error {
	return locale.Errorf(locale.Text{
		EN: "cannot use the server's certificate (%s, %s): %v. Copy both files from your copy of " +
			"the directory (parley backup does not include them). Without one, remove both: " +
			"the server then creates a new certificate, which every client that knew the old " +
			"one must verify again",
		ZH: "服务器自己的证书（%s、%s）无法使用：%v。请从你另外保存的副本中复制回这两个文件（parley backup " +
			"不含证书）。如无副本，请删除这两个文件：服务器将生成新证书，所有客户端都需要重新核对证书指纹",
	}, certFile, keyFile, err)
}

// create makes a pair. Both files are whole on the disk before one has its name, and the key gets its name last: a start
// that is cut short is finished by the next.
func create(certFile, keyFile string, now time.Time) error {
	cert, key, err := generate(now)
	if err != nil {
		return err
	}
	if err := write(keyFile+unfinished, "PRIVATE KEY", key); err != nil {
		return err
	}
	if err := write(certFile+unfinished, "CERTIFICATE", cert); err != nil {
		return err
	}
	if err := give(certFile); err != nil {
		return err
	}
	return give(keyFile)
}

// generate makes a certificate that is signed by its own key, both as DER. The key is ECDSA on P-256, as browsers take no server's
// certificate with an Ed25519 key.
func generate(now time.Time) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // RFC 5280, 4.1.2.2: at most 20 bytes
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Parley"},
		NotBefore:    now.Add(-24 * time.Hour), // clients' clocks
		NotAfter:     now.AddDate(validYears, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names(),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},

		BasicConstraintsValid: true,
	}
	if cert, err = x509.CreateCertificate(rand.Reader, template, template, private.Public(), private); err != nil {
		return nil, nil, err
	}
	key, err = x509.MarshalPKCS8PrivateKey(private)
	return cert, key, err
}

// names are the machine's, as far as a certificate can hold them.
func names() []string {
	all := []string{"localhost"}
	host, _ := os.Hostname() // without it, the others do
	for _, b := range []byte(host) {
		if b <= ' ' || b > '~' {
			return all
		}
	}
	if host != "" && host != "localhost" {
		all = append(all, host)
	}
	return all
}

// write makes a file that only this user can read, and that is on the disk when it returns.
func write(file, kind string, der []byte) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a start that was cut short
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Sync(), f.Close())
}

// give gives an unfinished file its name, for good.
func give(file string) error {
	if err := os.Rename(file+unfinished, file); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // where directories cannot be synced
		return nil
	}
	d, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", filepath.Dir(file), err)
	}
	return nil
}
