// Stands in for react-devtools-core in the bundle (see build.mjs).
export const initialize = () => {};
export const connectToDevTools = () => {};
export default { initialize, connectToDevTools };
