import { outageTest } from "./outage-test.ts";

outageTest(30);
