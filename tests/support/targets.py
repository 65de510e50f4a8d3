"""Where no call may go: private addresses, spellings that some resolver takes for them, and tricks of writing."""

PRIVATE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1"),  # noqa: S104  (called, not bound)
    *("192.168.1.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:93.184.215.14", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2002:7f00:1::", "2001:db8::1", "3fff::1", "5f00::1"),
    *("100::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1"),
)
SPELLINGS = (
    *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0x7f.1", "127.0.0.1.", "127.0.0.01", "1.2.3.256"),
    *("①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "Kernel.example".replace("K", "\u212a"), "สหกรณ์.example"),
    *("core.example.", "core..example", ".core.example", "-core.example", "core_banking", "a" * 64, "a." * 127 + "b"),
    *("[::1%25lo]", "[fe80::1%eth0]", "[::1", "::1", "[127.0.0.1]", "[v1.x]", "core%2eexample", ""),
)
TRICKS = (
    *("https://user@core.example/", "https://user:word@127.0.0.1/", "https://@core.example/", "https://core.example@/"),
    *(
        "https://core.example\\@127.0.0.1/",
        "https:\\\\core.example/",
        "https://core.example/#x",
        "https://core.example#@x",
    ),
    *(
        "https://core.example/\r\nX: y",
        "https://core.example/\t",
        "https://core.example/%00",
        "https://core.example/%0d%0a",
    ),
    *("https://core.example/%7f", "https://core.example/ x", " https://core.example/", "https://core.example/\n"),
    *("https:core.example", "https:/core.example", "https:///x", "//core.example/", "core.example", "/x", ""),
    *("ftp://core.example/", "file:///etc/passwd", "gopher://core.example/", "javascript://core.example/", "unix:///x"),
    *("https://core.example:0/", "https://core.example:65536/", "https://core.example:٤٤٣/", "https://core.example:/"),
    *(
        "https://core.example:443:443/",
        "https://core.example:+443/",
        "https://core.example/สวัสดี",
        "https://core.example/|",
    ),
    "https://core.example/" + "x" * 2_048,
)
