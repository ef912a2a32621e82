"""Chat in a terminal: /help lists commands, Ctrl-D or Ctrl-C leaves."""
import contextlib, os, queue, signal, socket, sys, threading
HOST, PORT = "localhost", 8888
PROMPT = "Please enter nickname: "
LOST, OVER = object(), object()  # the connection was lost, or the server ended it for good
name, done = "", threading.Event()  # done: no more input
typed = queue.Queue()  # lines from the keyboard, the last one is /quit; LOST, OVER
lang = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
LOSS = "连接已断开，正在重新连接。" if lang.startswith("zh") else "Connection lost, reconnecting."

def read_keyboard():
    for line in sys.stdin:
        typed.put(line.rstrip("\n"))
    done.set()
    typed.put("/quit")

def receive(room, line=""):
    with contextlib.suppress(OSError):
        for line in room:
            print(line, end="", flush=True)
    typed.put(OVER if line.startswith(("you have left", "you were removed")) else LOST)

def talk(s, known):
    global name
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in {"TCP_KEEPIDLE", "TCP_KEEPINTVL"} & set(dir(socket)):
        s.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), 15)
    room = s.makefile(encoding="utf-8", errors="replace", newline="\n")
    say = lambda line: s.sendall((line + "\n").encode(errors="replace"))
    say("")  # Enter: lines follow
    while (asked := room.read(len(PROMPT))) == PROMPT:
        print(PROMPT + name, end="\n" if name else "", flush=True)
        while (name := name or typed.get().strip()) in ("", "/quit"):
            name and sys.exit()
        say(name)
        print(answer := room.readline(), end="", flush=True)
        if not answer.startswith("! "):
            break
        known and typed.queue.clear()  # what was typed meanwhile is not a nickname
        done.is_set() and typed.put("/quit")
        name = known = ""
    else:
        raise ConnectionError((asked + room.readline()).strip() or "connection closed")
    threading.Thread(target=receive, args=(room,), daemon=True).start()
    while (line := typed.get()) not in (LOST, OVER):
        with contextlib.suppress(OSError):  # receive() finds out, too
            say(line)
    print(LOSS) if line is LOST else sys.exit()

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program at once
sys.stdin.reconfigure(errors="replace")
sys.stdout.reconfigure(errors="replace")
threading.Thread(target=read_keyboard, daemon=True).start()
while not (name and done.wait(2)):  # no haste after a loss
    try:
        with socket.create_connection((HOST, PORT)) as s:
            talk(s, name)
    except OSError as error:
        name or sys.exit(f"{HOST}:{PORT}: {error}")
