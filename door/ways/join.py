"""Chat in a terminal: /help lists commands, Ctrl-D or Ctrl-C leaves."""
import contextlib, queue, re, signal, socket, sys, threading
HOST, PORT = "localhost", 8888
PROMPTS = {"Please enter nickname: ": ("Connection lost, reconnecting.", "not sent:"),
           "请输入昵称：": ("连接已断开，正在重新连接。", "没有发出：")}  # with notices in that language
MOVED = re.compile(r"\[(\S+)\] (?:you talk in this room now|已(?:新建并)?切换到这个房间(?=[，；\n])"
                   r"|(?:you have left this room|this room was removed); you talk in (\S+)"
                   r"|(?:你已离开这个房间|这个房间已被删除)；现在在 (\S+) 发言)")
name, rooms = "", []  # the user's, as the server knows them; what is typed goes to the last room
typed = queue.Queue()  # lines from the keyboard, the last one is /quit; LOST, OVER
LOST, OVER = object(), object()  # the connection was lost, or the server ended it for good
done = threading.Event()  # no more input

def read_keyboard():
    [typed.put(line.rstrip("\n")) for line in sys.stdin]
    done.set()
    typed.put("/quit")

def forget(unsent):
    while not typed.empty(): print(unsent, typed.get())
    done.is_set() and typed.put("/quit")

def show(line):  # whether it answers /join
    global rooms
    print(line, end="", flush=True)
    if moved := MOVED.match(line):
        room, *now = filter(None, moved.groups())
        rooms = [other for other in rooms if other not in (room, *now)] + (now or [room])
    return moved or line.startswith("! ")

def receive(room, line=""):
    with contextlib.suppress(OSError):
        for line in room: show(line)
    typed.put(OVER if re.match("you (have left|were removed) |你已(退出|被移出)聊天室[：\\n]", line) else LOST)

def question(room, asked=""):
    while asked not in PROMPTS and (char := room.read(1)): asked += char
    return asked

def talk(s, known):
    global name, rooms
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
    for back in (before := rooms):  # no line reaches another room than that of its writer
        say("/join " + back)
        answer, rooms = next(filter(show, room)), before
    if answer.startswith("! "):
        say("/join lobby")
        forget(unsent)
    threading.Thread(target=receive, args=(room,), daemon=True).start()
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
    except (OSError, StopIteration) as error:
        name or sys.exit(f"{HOST}:{PORT}: {error}")
