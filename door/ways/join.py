"""Chat in a terminal: /help lists commands, Ctrl-D or Ctrl-C leaves."""
import contextlib, queue, re, signal, socket, sys, threading
HOST, PORT = "localhost", 8888
PROMPTS = {"Please enter nickname: ": ("Connection lost, reconnecting.", "not sent: "),
           "请输入昵称：": ("连接已断开，正在重新连接。", "没有发出：")}  # with notices in that language
MOVED = re.compile(r"\[(\S+)\] (?:(you talk in this room now|已(?:新建并)?切换到这个房间)"
                   "|(?:you have left|this room was|the administrator|你已离开|这个房间|管理员已删除)"
                   r"(?:.*; you talk in (\S+)|.*；现在在 (\S+) 发言)?)")
NAMED = re.compile(r"(?:you are (?=[^\s:]+ now$)|你现在叫 )([^\s:]+)")
name, done = "", threading.Event()  # done: no more input
rooms = []  # that the user has joined; a new connection begins in the lobby
typed = queue.Queue()  # lines from the keyboard, the last one is /quit; LOST, OVER
LOST, OVER = object(), object()  # the connection was lost, or the server ended it for good

def read_keyboard():
    [typed.put(line.rstrip("\n")) for line in sys.stdin]
    done.set()
    typed.put("/quit")

def receive(room, line=""):
    global name
    with contextlib.suppress(OSError):
        for line in room:
            print(line, end="", flush=True)
            if named := NAMED.match(line): name = named[1]
            if moved := MOVED.match(line):
                now = moved[1] if moved[2] else moved[3] or moved[4]
                rooms[:] = [other for other in rooms if other not in (moved[1], now)] + [now] * bool(now)
    typed.put(OVER if re.match("you (have left|were removed) |你已(退出|被移出)聊天室[：\\n]", line) else LOST)

def forget(unsent):
    while not typed.empty(): isinstance(line := typed.get(), str) and print(unsent + line)
    done.is_set() and typed.put("/quit")

def question(room, asked=""):
    while asked not in PROMPTS and (char := room.read(1)): asked += char
    return asked

def talk(s, known):
    global name
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in {"TCP_KEEPIDLE", "TCP_KEEPINTVL"} & set(dir(socket)):
        s.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), 15)
    room = s.makefile(encoding="utf-8", errors="replace", newline="\n")
    say = lambda line: s.sendall((line + "\n").encode(errors="replace"))
    say("")  # Enter: lines follow
    while (asked := question(room)) in PROMPTS:
        lost, unsent = PROMPTS[asked]
        print(asked + name, end="\n" if name else "", flush=True)
        while (name := name or typed.get().strip()) in ("", "/quit"):
            name and sys.exit()
        say(name)
        print(answer := room.readline(), end="", flush=True)
        if not answer.startswith("! "):
            break
        known and forget(unsent)  # what was typed meanwhile is not a nickname
        name = known = ""
    else:
        raise ConnectionError(asked.strip() or "connection closed")
    threading.Thread(target=receive, args=(room,), daemon=True).start()
    rooms and forget(unsent)  # what was typed meanwhile is for another room than the lobby
    [say("/join " + joined) for joined in list(rooms)]
    while (line := typed.get()) not in (LOST, OVER):
        with contextlib.suppress(OSError):  # receive() finds out, too
            say(line)
    print(lost) if line is LOST else sys.exit()

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program at once
[stream.reconfigure(errors="replace") for stream in (sys.stdin, sys.stdout)]
threading.Thread(target=read_keyboard, daemon=True).start()
while not (name and done.wait(2)):  # no haste after a loss
    try:
        with socket.create_connection((HOST, PORT)) as s:
            talk(s, name)
    except OSError as error:
        name or sys.exit(f"{HOST}:{PORT}: {error}")
