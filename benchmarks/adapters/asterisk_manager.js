// asterisk-manager, for Node.
"use strict";

const { run, task, USERNAME, SECRET } = require("./common.js");
const Manager = require("asterisk-manager");
const { version } = require("asterisk-manager/package.json");

const manager = new Manager(task.port, "127.0.0.1", USERNAME, SECRET, true);
let ids = 0;

manager.setMaxListeners(0);
// It keeps what is sent before the login is through: the first answer says that it is.
manager.action({ action: "ping" }, () =>
  run({
    name: "asterisk-manager",
    version,
    deafen: (kind) => manager.removeAllListeners(kind === "*" ? "managerevent" : kind.toLowerCase()),
    listen: (kind, callback) =>
      manager.on(kind === "*" ? "managerevent" : kind.toLowerCase(), callback),
    send: (action, callback) => manager.action({ ...action, actionid: `b${(ids += 1)}` }, callback),
    read: (event, names) => names.map((name) => event[name.toLowerCase()]),
  }),
);
