/**
 * The employee's client and the phone page, in Chromium, on the whole product. Each file is a part of the day
 * of one employee; they follow one another on one stage.
 */
import "./scenarios/keys.mjs";
import "./scenarios/texts.mjs";
import "./scenarios/phone-page.mjs";
import "./scenarios/begin.mjs";
import "./scenarios/team.mjs";
import "./scenarios/visits.mjs";
import "./scenarios/devices.mjs";
import "./scenarios/outages.mjs";
import "./scenarios/rush.mjs";
import "./scenarios/leaving.mjs";
import "./scenarios/sso.mjs";
import "./scenarios/interrupted.mjs";
import "./scenarios/expiry.mjs";
import "./scenarios/lost-key.mjs";
import { play } from "./lib/story.mjs";

process.exitCode = (await play()) > 0 ? 1 : 0;
