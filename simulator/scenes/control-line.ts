/** The serial lines of displays and of gateways of air conditioners: as all of them are delivered. */
export const controlLine = { baud: 9600, format: "8N1" } as const;
