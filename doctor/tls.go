package doctor

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"parley/certificate"
	"parley/locale"
)

// certificateSoon is how long before its end a certificate should be a new one.
const certificateSoon = 30 * 24 * time.Hour

// identity is the server's certificate, as whoever connects with TLS sees it.
type identity struct {
	own         bool // made by the server
	cert, key   string
	err         error // of reading them; fs.ErrNotExist, and it is the server's own: none yet
	fingerprint string
	from, until time.Time
	open        bool // others on this machine can read the key
}

func checkTLS(_ context.Context, e *Examination) []Finding {
	if len(e.Config.Listen.Connections()) == 0 {
		return noConnections(e.Config.Listen)
	}
	if own := e.Config.TLSCert == "" && e.Config.TLSKey == ""; own && e.directory().isBarred() {
		return seeDirectory()
	}
	return judgeIdentity(lookAtCertificate(e.Config.Data, e.Config.TLSCert, e.Config.TLSKey), time.Now())
}

func lookAtCertificate(data, cert, key string) identity {
	i := identity{own: cert == "" && key == "", cert: absolute(cert), key: absolute(key)}
	var c *certificate.Certificate
	quiet := slog.New(slog.DiscardHandler) // what it would say is judged here
	switch {
	case i.own:
		dir := absolute(data)
		i.cert, i.key = filepath.Join(dir, certificate.CertName), filepath.Join(dir, certificate.KeyName)
		c, i.err = certificate.Find(dir, quiet, time.Now)
	case cert == "" || key == "":
		i.err = locale.Errorf(locale.Text{
			EN: "tls.cert and tls.key must be set together: name both files or neither",
			ZH: "tls.cert 和 tls.key 必须同时设置：请指定两个文件，或都不指定",
		})
	default:
		c, i.err = certificate.Open(cert, key, quiet, time.Now)
		info, err := os.Stat(key)
		i.open = err == nil && ownerOf(info) != "" && info.Mode().Perm()&0o007 != 0 // rights mean nothing where files have no owner
	}
	if i.err == nil {
		i.fingerprint = c.Fingerprint()
		i.from, i.until = c.Validity()
	}
	return i
}

func judgeIdentity(i identity, now time.Time) []Finding {
	renew := locale.Text{
		EN: "certbot renew  # or the way you got it; the server reads the new files by itself",
		ZH: "certbot renew  # 或按原来的方式续期；服务器会自动读取新文件",
	}
	if i.own {
		renew = locale.Text{
			EN: "# stop the server first\nrm %s %s && parley serve  # makes a new one, which every client has to trust again",
			ZH: "# 请先停止服务器\nrm %s %s && parley serve  # 将生成新证书，所有客户端都需要重新核对证书指纹",
		}.Fill(quote(i.cert), quote(i.key))
	}
	var found []Finding
	switch {
	case i.own && errors.Is(i.err, fs.ErrNotExist):
		return []Finding{ok(locale.Text{
			EN: "none yet: the first start creates one",
			ZH: "尚无，首次启动时会生成",
		})}
	case i.err != nil:
		return []Finding{broken(locale.Text{EN: "%v", ZH: "%v"}, i.err).cure(paste("ls -l %s %s"), quote(i.cert), quote(i.key))}
	case now.After(i.until):
		found = append(found, broken(locale.Text{
			EN: "expired on %s: clients that verify it will refuse to connect",
			ZH: "已于 %s 过期：验证证书的客户端会拒绝连接",
		}, stamp(i.until)).cure(renew))
	case now.Before(i.from):
		found = append(found, broken(locale.Text{
			EN: "not valid before %s: clients that verify it will refuse to connect",
			ZH: "%s 起才有效：验证证书的客户端会拒绝连接",
		}, stamp(i.from)).
			cure(locale.Text{EN: "date  # check the clock", ZH: "date  # 检查时钟"}))
	case i.until.Sub(now) < certificateSoon:
		found = append(found, warning(locale.Text{
			EN: "expires on %s",
			ZH: "将于 %s 过期",
		}, stamp(i.until)).cure(renew))
	}
	if i.open {
		found = append(found, warning(locale.Text{
			EN: "every user of this machine can read its key, %s", ZH: "本机任何用户都能读取其私钥 %s",
		}, i.key).cure(paste("chmod o= %s"), quote(i.key)))
	}
	switch {
	case found != nil:
	case i.own:
		found = append(found, ok(locale.Text{
			EN: "the server's own, valid until %s, SHA-256 %s",
			ZH: "自签名证书，有效期至 %s，SHA-256 为 %s",
		}, stamp(i.until), i.fingerprint))
	default:
		found = append(found, ok(locale.Text{
			EN: "%s, valid until %s, SHA-256 %s",
			ZH: "%s，有效期至 %s，SHA-256 为 %s",
		}, i.cert, stamp(i.until), i.fingerprint))
	}
	return found
}
