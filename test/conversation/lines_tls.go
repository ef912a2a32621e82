package conversation

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
)

// newLinesTLS is the driver of the door line behind TLS: whoever connects compares the fingerprint, as people are told to.
func newLinesTLS(s *stage) Driver { return &lines{stage: s, dial: dialTLS} }

func dialTLS(s *stage) (net.Conn, error) {
	return tls.Dial("tcp", s.StreamAddrs()[0].String(), &tls.Config{
		InsecureSkipVerify: true, // nobody vouches for it: that is what the fingerprint is for
		VerifyConnection: func(state tls.ConnectionState) error {
			sum := sha256.Sum256(state.PeerCertificates[0].Raw)
			if s.Fingerprint() != strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":") {
				return errors.New("the fingerprint is not what the server says")
			}
			return nil
		},
	})
}
