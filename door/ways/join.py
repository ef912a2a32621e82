"""Chat in a terminal: /help lists commands, Ctrl-D or Ctrl-C leaves."""
import contextlib, queue, re, signal, socket, sys, threading
HOST, PORT = "localhost", 8888
PROMPTS = {"Please enter nickname: ": ("Connection lost, reconnecting.", "not sent: ",
               "You are in the lobby: /join your rooms again."),
           "请输入昵称：": ("连接已断开，正在重新连接。", "没有发出：",
               "你现在在大厅：请重新 /join 其他房间。")}  # with notices in that language
MOVES = re.compile(r"[^\w/／]*[/／]\s*(j|join|加入|part|leave|离开)(\s|$)", re.I)
name, done = "", threading.Event()  # done: no more input
moved = False  # whether the user has changed rooms; a new connection begins in the lobby
inside = False  # whether the user has been in the chat room
typed = queue.Queue()  # lines from the keyboard, the last one is /quit; LOST, OVER
LOST, OVER = object(), object()  # the connection was lost, or the server ended it for good

def read_keyboard():
    [typed.put(line.rstrip("\n")) for line in sys.stdin]
    done.set()
    typed.put("/quit")

def receive(room, line=""):
    with contextlib.suppress(OSError):
        for line in room: print(line, end="", flush=True)
    typed.put(OVER if re.match("you (have left|were removed) |你已(退出|被移出)聊天室[：\\n]", line) else LOST)

def forget(unsent):
    for line in [typed.get() for _ in range(typed.qsize())]:
        typed.put(line) if line.strip() in ("/quit", "/退出") else print(unsent + line)

def question(room, asked=""):
    while asked not in PROMPTS and (char := room.read(1)): asked += char
    return asked

def talk(s, known):
    global name, moved, inside
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in {"TCP_KEEPIDLE", "TCP_KEEPINTVL"} & set(dir(socket)):
        s.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), 15)
    room = s.makefile(encoding="utf-8", errors="replace", newline="\n")
    say = lambda line: s.sendall((line + "\n").encode(errors="replace"))
    say("")  # Enter: lines follow
    while (asked := question(room)) in PROMPTS:
        lost, unsent, lobby = PROMPTS[asked]
        print(asked + name, end="\n" if name else "", flush=True)
        while (name := name or typed.get().strip()) in ("", "/quit"):
            name and sys.exit()
        say(name)
        print(answer := room.readline(), end="", flush=True)
        if not answer:
            raise ConnectionError("connection closed")
        if not answer.startswith("! "):
            break
        known and forget(unsent)  # what was typed meanwhile is not a nickname
        name = known = ""
    else:
        raise ConnectionError(asked.strip() or "connection closed")
    inside = True
    if moved:  # what was typed meanwhile is for another room than the lobby
        forget(unsent)
        print(lobby)
        moved = False
    threading.Thread(target=receive, args=(room,), daemon=True).start()
    while (line := typed.get()) not in (LOST, OVER):
        moved = moved or bool(MOVES.match(line))
        with contextlib.suppress(OSError):  # receive() finds out, too
            say(line)
    print(lost) if line is LOST else sys.exit()

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program at once
[stream.reconfigure(errors="replace") for stream in (sys.stdin, sys.stdout)]
threading.Thread(target=read_keyboard, daemon=True).start()
while not ((name or inside) and done.wait(2)):  # no haste after a loss
    try:
        with socket.create_connection((HOST, PORT)) as s:
            talk(s, name)
    except OSError as error:
        name or inside or sys.exit(f"{HOST}:{PORT}: {error}")
