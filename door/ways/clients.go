package ways

import (
	_ "embed"
	"fmt"
	"strings"

	"parley/locale"
)

// ended is shown by a client whose connection has ended.
var ended = locale.Text{EN: "The connection is closed.", ZH: "连接已断开。"}

// Lines returns a client of lines as one line for a shell. press says whether the client begins
// with Enter, as it must where the port detects the protocol. The line has no character that a
// shell replaces between double quotes.
//
// Bytes are passed on unchanged, so no text can fail to decode. Ctrl-C ends the process by the
// default action of SIGINT. The hooks replace tracebacks: a failed send is silent, as the end of
// the connection is told anyway.
func Lines(host, port string, press bool, lang locale.Lang) string {
	enter := ""
	if press {
		enter = `s.send(b'\n');`
	}
	return fmt.Sprintf(`python3 -c "import os,signal,socket,sys,threading as t;`+
		`signal.signal(2,signal.SIG_DFL);t.excepthook=id;sys.excepthook=lambda*e:print(e[1]);`+
		`s=socket.create_connection(('%s',%s));%s`+
		`t.Thread(target=lambda:[*map(s.sendall,iter(lambda:os.read(0,4096),b'')),s.shutdown(1)],`+
		`daemon=1).start();`+
		`[os.write(1,x)for x in iter(lambda:s.recv(4096),b'')];os.write(1,'%s\n'.encode())"`,
		host, port, enter, ended.In(lang))
}

// Datagrams returns a client of plain datagrams as one line for a shell. Its socket is not
// connected, so that it still receives after the server was away for a moment.
func Datagrams(host, port string) string {
	family := "2" // AF_INET everywhere
	if strings.Contains(host, ":") {
		family = "socket.AF_INET6"
	}
	return fmt.Sprintf(`python3 -uc "import os,signal,socket,sys,threading as t;`+
		`signal.signal(2,signal.SIG_DFL);sys.excepthook=lambda*e:print(e[1]);`+
		`s=socket.socket(%s,2);say=lambda x:s.sendto(x.encode(),('%s',%s));`+
		`hear=lambda:s.recv(1024).decode();`+
		`N=next(n for n in iter(lambda:input('Please enter nickname: ').strip(),0)`+
		`if n and say('L '+n)and((a:=hear())=='OK'or print(a)));`+
		`bye=lambda*_:(say('Q '+N),os._exit(0));signal.signal(2,bye);`+
		`t.Thread(target=lambda:[print(hear())for _ in iter(int,1)],daemon=1).start();`+
		`[say('C '+N+' '+x.rstrip())for x in sys.stdin];bye()"`, family, host, port)
}

// script is join.py with the address of this machine.
//
//go:embed join.py
var script string

// scriptAddress is the line of join.py that names the server.
const scriptAddress = `HOST, PORT = "localhost", 8888`

// joinScript returns join.py for a server. host must have passed isPlain.
func joinScript(host, port string) string {
	return strings.Replace(script, scriptAddress, fmt.Sprintf("HOST, PORT = %q, %s", host, port), 1)
}
