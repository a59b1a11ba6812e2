// irc-framework on a pipe: framework_client.js PORT NICKNAME [OPTIONS] writes each event as a line of JSON, and takes
// lines of JSON, each the name of a method of the client and its arguments.  OPTIONS is JSON too.
"use strict";

const IRC = require("irc-framework");
const readline = require("readline");

const [port, nick, options] = process.argv.slice(2);
const client = new IRC.Client({
    host: "127.0.0.1", port: Number(port), nick, username: nick, gecos: nick, auto_reconnect: false,
    enable_chghost: true, enable_setname: true, enable_echomessage: true,
    ...JSON.parse(options || "{}"),
});

function tell(event, fields) {
    process.stdout.write(JSON.stringify({event, ...fields}) + "\n");
}

const SHOWN = [
    "join", "part", "kick", "quit", "nick", "topic", "privmsg", "notice", "action", "tagmsg", "away", "back",
    "user updated", "userlist", "wholist", "mode", "whois", "account", "invite", "irc error", "close",
    "loggedin", "loggedout", "sasl failed",
];
SHOWN.forEach((event) => client.on(event, (fields) => tell(event, fields)));
client.on("registered", (fields) => tell("registered", {
    ...fields, enabled: client.network.cap.enabled, available: [...client.network.cap.available.keys()],
}));
client.on("server options", ({options}) => tell("server options", {options}));

readline.createInterface({input: process.stdin}).on("line", (line) => {
    const [method, ...parameters] = JSON.parse(line);
    client[method](...parameters);
});
client.connect();
